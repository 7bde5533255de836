"""Composites as they look when they are taken apart; what `dl-raise-composites` is made of."""
