"""Values that are held with their dimensions in another order, for passes that move transposes."""
