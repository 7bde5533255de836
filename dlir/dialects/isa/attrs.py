"""The attribute that says, in the text of a program, which machine it is for."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import DictionaryAttr, StringAttr
from xdsl.ir import Attribute, ParametrizedAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException


@irdl_attr_definition
class MachineAttr(ParametrizedAttribute):
    """A hardware file: a preset, and the keys that differ from it; without a preset, all keys.

    Values are spelt as in TOML: `#isa.machine<"gemmini">`,
    `#isa.machine<"gemmini" {spm.bytes = "131072"}>`, `#isa.machine<"" {array.rows = "8", ...}>`.
    Whether there can be such a machine is checked when it is asked for (targets/accel/view.py).
    """

    name = "isa.machine"
    preset: StringAttr
    settings: DictionaryAttr

    def verify(self) -> None:
        for key, value in self.settings.data.items():
            if not isinstance(value, StringAttr):
                raise VerifyException(f"the setting '{key}' of a machine is a string; got {value}")

    @property
    def overrides(self) -> dict[str, str]:
        """The keys and values, as `load_machine` takes them."""
        values = self.settings.data.items()
        return {key: value.data for key, value in values if isinstance(value, StringAttr)}

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        with parser.in_angle_brackets():
            preset = StringAttr(parser.parse_str_literal())
            settings = parser.parse_optional_dictionary_attr_dict()
        return [preset, DictionaryAttr(settings)]

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            printer.print_string_literal(self.preset.data)
            if self.settings.data:
                printer.print_string(" ")
                printer.print_attribute(self.settings)
