"""LiteRT files as data: what they say of themselves, and two networks joined into one."""

from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

_IDENTIFIER = b"TFL3"
_ALIGNMENT = 16  # of every buffer, as the schema demands and the generated code forgets


def with_metadata(network: bytes, name: str, text: str) -> bytes:
    """The same network with `text` as metadata of that name."""
    model = _read(network)
    entry = schema.MetadataT()
    entry.name, entry.buffer = name, len(model.buffers)
    model.buffers.append(_buffer(np.frombuffer(text.encode(), np.uint8)))
    model.metadata = [*(model.metadata or []), entry]
    return _written(model)


def joined(first: bytes, second: bytes) -> bytes:
    """Two networks in one: what comes out of the first goes into the second.

    Args:
        first: of one subgraph, with one output.
        second: of one subgraph, whose one input has the same type and shape.

    Returns:
        A network with the input of the first and the outputs of the second, by the names of their signatures.
    """
    front, back = _read(first), _read(second)
    places = _places(front.subgraphs[0], back.subgraphs[0])
    _append(front, back, places)
    front.subgraphs[0].outputs = [places[tensor] for tensor in back.subgraphs[0].outputs]
    signature = front.signatureDefs[0]
    signature.outputs = back.signatureDefs[0].outputs
    for output in signature.outputs:
        output.tensorIndex = places[output.tensorIndex]
    return _written(front)


def _places(front: Any, back: Any) -> dict[int, int]:
    """Where each tensor of the second subgraph stands in the joined one; its input is the output of the first."""
    seam = back.inputs[0]
    own = [tensor for tensor in range(len(back.tensors)) if tensor != seam]
    moved = {tensor: len(front.tensors) + place for place, tensor in enumerate(own)}
    return {**moved, seam: front.outputs[0], -1: -1}  # -1 stands for an optional input that is left out


def _append(front: Any, back: Any, places: dict[int, int]) -> None:
    """Move tensors, operators and what they refer to from one model to the end of the other."""
    graph, more = front.subgraphs[0], back.subgraphs[0]
    for place, tensor in enumerate(more.tensors):
        tensor.buffer += len(front.buffers)
        if place != more.inputs[0]:
            graph.tensors.append(tensor)
    for operator in more.operators:
        operator.opcodeIndex += len(front.operatorCodes)
        operator.inputs = [places[tensor] for tensor in operator.inputs]
        operator.outputs = [places[tensor] for tensor in operator.outputs]
        graph.operators.append(operator)
    front.buffers += back.buffers
    front.operatorCodes += back.operatorCodes


class _AlignedBuffer(schema.BufferT):
    def Pack(self, builder: Any) -> int:  # noqa: N802 (the generated code's own name)
        if self.data is not None:
            builder.Prep(_ALIGNMENT, len(self.data))
        return super().Pack(builder)


def _buffer(data: Any) -> Any:
    buffer = _AlignedBuffer()
    buffer.data = data
    return buffer


def _read(network: bytes) -> Any:
    model = schema.ModelT.InitFromPackedBuf(network, 0)
    model.buffers = [_buffer(buffer.data) for buffer in model.buffers]
    return model


def _written(model: Any) -> bytes:
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), file_identifier=_IDENTIFIER)
    return bytes(builder.Output())
