"""What several of the unit tests need."""

import pytest
from xdsl.context import Context
from xdsl.dialects import get_all_dialects


@pytest.fixture
def ctx() -> Context:
    """A context that knows xDSL's dialects, and none of dlir's."""
    context = Context()
    for name, factory in get_all_dialects().items():
        context.register_dialect(name, factory)
    return context
