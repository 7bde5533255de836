"""Engine ops before there is IR of them, which is what most of them cost.

A program is put together from drafts. They become the ops of an `accel.program`; or, for those who
go on to machine code and look at no IR, a listing (see `accel/listing.py`).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple, TypeAlias

from xdsl.dialects.builtin import LocationAttr
from xdsl.ir import Block, Operation, SSAValue

from dlir.dialects.accel.access import Access
from dlir.dialects.accel.listing import Form, Line, Listing
from dlir.dialects.accel.ops import AllocOp, EngineOp, FieldValue, ProgramOp


class Draft(NamedTuple):
    """What an engine op is made from."""

    kind: type[EngineOp]
    addresses: Sequence[tuple[SSAValue, Access]]
    nest: tuple[int, ...]
    fields: dict[str, FieldValue]
    location: LocationAttr

    def op(self) -> EngineOp:
        """The op, without tokens."""
        made = self.kind(self.addresses, self.nest, (), **self.fields)
        made.location = self.location
        return made


Drafts: TypeAlias = "list[AllocOp | Draft]"
Listings: TypeAlias = dict[ProgramOp, Listing]
_listings: ContextVar[Listings | None] = ContextVar("listings", default=None)


@contextmanager
def without_ops() -> Generator[Listings, None, None]:
    """Programs that are lowered meanwhile stay empty; what they do is in listings."""
    found: Listings = {}
    token = _listings.set(found)
    try:
        yield found
    finally:
        _listings.reset(token)


def write(program: ProgramOp, drafts: Drafts) -> None:
    """Fill a program, or write its listing."""
    listings = _listings.get()
    if listings is not None:
        listings[program] = _listed(program, drafts)
        return
    block: Block = program.body.block
    ops: list[Operation] = [one.op() if isinstance(one, Draft) else one for one in drafts]
    block.add_ops(ops)


def _listed(program: ProgramOp, drafts: Drafts) -> Listing:
    """The listing of a program that consists of these ops."""
    listing = Listing(program)
    numbers = dict[SSAValue, int]()
    for value in program.body.block.args:
        numbers[value] = listing.add_memref(value)
    forms: dict[Any, Form] = {}
    for one in drafts:
        if not isinstance(one, Draft):
            numbers[one.tile] = listing.add_memref(one.tile)
            continue
        kind, addresses, nest, fields, location = one
        steps = tuple([access.steps for _, access in addresses])
        key = kind, steps, nest, tuple(fields.items())
        form = forms.get(key)
        if form is None:
            form = forms[key] = Form.of(one.op())
        memrefs = tuple([numbers[value] for value, _ in addresses])
        bases = tuple([access.base for _, access in addresses])
        listing.lines.append(Line(form, memrefs, bases))
        listing.locations.append(location)
        listing.after.append(())
    return listing
