"""CloudFormation YAML: the short-form tags and the intrinsic functions a SAM template uses.

Syntax: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

ACCOUNT_ID: Final = "000000000000"
_SUBSTITUTION = re.compile(r"\$\{(!?)([A-Za-z0-9:.]+)\}")
_NO_VALUE: Final = object()


class TemplateError(Exception):
    """The template cannot be used. The text is one line and says where."""


class _TemplateLoader(yaml.SafeLoader):
    """SafeLoader that turns ``!Ref x`` into ``{"Ref": x}`` and ``!Name x`` into ``{"Fn::Name": x}``."""


def _construct_tag(loader: yaml.Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:  # pragma: no cover - the parser makes no other kind
        raise TemplateError(f"unexpected YAML node {node!r}")
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_TemplateLoader.add_multi_constructor("!", _construct_tag)


def load_yaml(text: str) -> Any:
    """Parse a template. Raises TemplateError naming the line of a syntax error."""
    try:
        return yaml.load(text, Loader=_TemplateLoader)  # noqa: S506 - derived from SafeLoader # nosec B506
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise TemplateError(f"{where}{error.problem or 'not YAML'}") from None
    except yaml.YAMLError as error:
        raise TemplateError(" ".join(str(error).split())) from None


@dataclass
class Intrinsics:
    """Resolves intrinsic functions against what ``Ref`` and ``GetAtt`` of each name stand for.

    ``refs`` maps a parameter, pseudo parameter or logical id to its value; ``attributes`` maps (logical id,
    attribute) to its value. ``unknown_attribute`` answers for attributes that are not listed.
    """

    refs: Mapping[str, Any]
    attributes: Mapping[tuple[str, str], str] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    mappings: Mapping[str, Any] = field(default_factory=dict)

    def resolve(self, value: Any, where: str) -> Any:
        """The value with every intrinsic function replaced. Raises TemplateError, which names ``where``."""
        if isinstance(value, dict):
            if len(value) == 1:
                name, argument = next(iter(value.items()))
                function = self._functions().get(name)
                if function is not None:
                    return function(argument, where)
                if isinstance(name, str) and name.startswith("Fn::"):
                    raise TemplateError(f"{where}: {name} is not supported by the embedded stack")
            items = ((key, self.resolve(item, f"{where}.{key}")) for key, item in value.items())
            return {key: item for key, item in items if item is not _NO_VALUE}
        if isinstance(value, list):
            resolved = (self.resolve(item, where) for item in value)
            return [item for item in resolved if item is not _NO_VALUE]
        return value

    def condition(self, name: str, where: str) -> bool:
        """Whether a named condition holds. Raises TemplateError for an unknown one."""
        if name not in self.conditions:
            raise TemplateError(f"{where}: unknown condition {name!r}")
        return self._truth(self.conditions[name], f"Conditions.{name}")

    def _functions(self) -> dict[str, Callable[[Any, str], Any]]:
        return {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::If": self._if,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::FindInMap": self._find_in_map,
        }

    def _ref(self, name: Any, where: str) -> Any:
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name not in self.refs:
            raise TemplateError(f"{where}: Ref to unknown name {name!r}")
        return self.refs[name]

    def _get_att(self, argument: Any, where: str) -> Any:
        if not (isinstance(argument, list) and len(argument) == 2):
            raise TemplateError(f"{where}: GetAtt needs a logical id and an attribute, got {argument!r}")
        logical_id, attribute = argument
        if logical_id not in self.refs:
            raise TemplateError(f"{where}: GetAtt of unknown resource {logical_id!r}")
        # A resource the embedded stack has no counterpart for (a key, an alarm topic) stands for itself.
        return self.attributes.get((logical_id, attribute), f"{logical_id}.{attribute}")

    def _sub(self, argument: Any, where: str) -> str:
        text, local = argument if isinstance(argument, list) else (argument, {})
        values = {key: self.resolve(value, where) for key, value in local.items()}

        def replace(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return "${" + name + "}"
            if name in values:
                return str(values[name])
            if "." in name:
                return str(self._get_att(name.split(".", 1), where))
            return str(self._ref(name, where))

        return _SUBSTITUTION.sub(replace, str(text))

    def _if(self, argument: Any, where: str) -> Any:
        if not (isinstance(argument, list) and len(argument) == 3):
            raise TemplateError(f"{where}: If needs a condition and two values")
        name, when_true, when_false = argument
        return self.resolve(when_true if self.condition(name, where) else when_false, where)

    def _join(self, argument: Any, where: str) -> str:
        separator, parts = argument
        return str(separator).join(str(part) for part in self.resolve(parts, where))

    def _select(self, argument: Any, where: str) -> Any:
        index, parts = argument
        resolved = self.resolve(parts, where)
        try:
            return resolved[int(index)]
        except (IndexError, ValueError):
            raise TemplateError(f"{where}: Select has no element {index!r}") from None

    def _split(self, argument: Any, where: str) -> list[str]:
        separator, text = argument
        return str(self.resolve(text, where)).split(str(separator))

    def _find_in_map(self, argument: Any, where: str) -> Any:
        name, first, second = (self.resolve(part, where) for part in argument)
        try:
            return self.mappings[name][first][second]
        except (KeyError, TypeError):
            raise TemplateError(f"{where}: no {name}.{first}.{second} in Mappings") from None

    def _truth(self, value: Any, where: str) -> bool:
        if isinstance(value, bool):
            return value
        if not (isinstance(value, dict) and len(value) == 1):
            raise TemplateError(f"{where}: not a condition")
        name, argument = next(iter(value.items()))
        if name == "Condition":
            return self.condition(argument, where)
        if name == "Fn::Equals":
            left, right = (self.resolve(side, where) for side in argument)
            return str(left) == str(right)
        if name == "Fn::Not":
            return not self._truth(argument[0], where)
        if name == "Fn::And":
            return all(self._truth(part, where) for part in argument)
        if name == "Fn::Or":
            return any(self._truth(part, where) for part in argument)
        raise TemplateError(f"{where}: {name} is not a condition function")
