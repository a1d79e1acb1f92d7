"""An ONNX graph that grows node by node: names, constants, the two sets of operators."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, ValueInfoProto, helper, numpy_helper

OPSET: Final = 17  # of ONNX's own operators; every ONNX Runtime of the last years has it
IR_VERSION: Final = 9
CONTRIB: Final = "com.microsoft"  # ONNX Runtime's own operators, part of every build
PRODUCER: Final = "kolvani"

AnyArray = NDArray[Any]


class GraphBuilder:
    """Nodes in the order in which they are added, which is the order in which they run.

    Values are known by their names: what `op`, `contrib` and `constant` return is what others take.
    """

    def __init__(self) -> None:
        self._inputs: list[ValueInfoProto] = []
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, AnyArray] = {}
        self._taken: set[str] = set()

    def constant(self, name: str, values: AnyArray) -> str:
        """A tensor that is known before any input is."""
        unique = self._unique(name)
        self._constants[unique] = np.asarray(values)
        return unique

    def integers(self, *values: int) -> str:
        """A constant int64 vector: a shape, or places along an axis. Equal ones are one tensor."""
        name = "_".join(("int64", *map(str, values)))
        if name not in self._constants:
            self.constant(name, np.array(values, dtype=np.int64))
        return name

    def scalar(self, value: int) -> str:
        """A constant int64 without axes."""
        name = f"int64_scalar_{value}"
        if name not in self._constants:
            self.constant(name, np.array(value, dtype=np.int64))
        return name

    def op(self, kind: str, *inputs: str, name: str, **attributes: Any) -> str:  # noqa: ANN401 # whatever the operator takes
        """One of ONNX's operators with one output; an input "" is one that is left out."""
        return self.node(kind, inputs, (name,), "", attributes)[0]

    def contrib(self, kind: str, *inputs: str, name: str, **attributes: Any) -> str:  # noqa: ANN401 # whatever the operator takes
        """One of ONNX Runtime's own operators, with one output."""
        return self.node(kind, inputs, (name,), CONTRIB, attributes)[0]

    def node(
        self,
        kind: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        domain: str,
        attributes: Mapping[str, Any],
    ) -> tuple[str, ...]:
        """An operator with any number of outputs; one "" is not asked for."""
        names = tuple(output and self._unique(output) for output in outputs)
        self._nodes.append(
            helper.make_node(kind, inputs, names, name=names[0], domain=domain, **attributes)
        )
        return names

    def loop(self, count: str, body: Callable[[str], str], name: str) -> str:
        """The values of so many rounds, float32 of one shape, stacked on a new first axis.

        count: int64, without axes; body: adds one round's operators, given the name of its number,
        int64 without axes, and returns its value's name. Constants are the whole graph's.
        """
        number, going = (self._unique(f"{name}.{part}") for part in ("number", "going"))
        outside, self._nodes = self._nodes, []
        value = body(number)
        again = self.op("Identity", going, name=f"{name}.again")
        inside, self._nodes = self._nodes, outside
        info = helper.make_tensor_value_info
        graph = helper.make_graph(
            inside,
            f"{name}.round",
            [info(number, TensorProto.INT64, ()), info(going, TensorProto.BOOL, ())],
            [info(again, TensorProto.BOOL, ()), info(value, TensorProto.FLOAT, None)],
        )
        return self.op("Loop", count, "", name=name, body=graph)

    def input(self, name: str, kind: int, axes: Sequence[str | int]) -> str:
        """A value that is fed; kind: one of TensorProto's; axes: sizes, or names of what varies."""
        self._inputs.append(helper.make_tensor_value_info(self._unique(name), kind, axes))
        return name

    def model(self, value: str, name: str, axes: Sequence[str | int]) -> ModelProto:
        """The checked model, whose output `name` is the float32 `value` of these axes. The builder
        gives its constants away: there is no second model.
        """
        self.op("Identity", value, name=name)
        output = helper.make_tensor_value_info(name, TensorProto.FLOAT, axes)
        # The check copies all that it sees, and allows 2 GB: it sees the constants as inputs.
        promised = [
            helper.make_tensor_value_info(
                key, helper.np_dtype_to_tensor_dtype(values.dtype), values.shape
            )
            for key, values in self._constants.items()
        ]
        onnx.checker.check_model(self._wrapped([*self._inputs, *promised], output))
        model = self._wrapped(self._inputs, output)
        for key in list(self._constants):
            values = np.asarray(self._constants.pop(key), order="C")
            tensor = numpy_helper.from_array(values, key)
            model.graph.initializer.add().CopyFrom(tensor)
        return model

    def _wrapped(self, inputs: Sequence[ValueInfoProto], output: ValueInfoProto) -> ModelProto:
        graph = helper.make_graph(self._nodes, PRODUCER, inputs, [output])
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
        return helper.make_model(
            graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name=PRODUCER
        )

    def _unique(self, name: str) -> str:
        unique, count = name, 1
        while unique in self._taken:
            count += 1
            unique = f"{name}_{count}"
        self._taken.add(unique)
        return unique
