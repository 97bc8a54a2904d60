"""LiteRT files as data: add metadata to one, and join two networks into one."""

from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

_IDENTIFIER = b"TFL3"
_ALIGNMENT = 16  # of every buffer, as the schema demands and the generated code forgets


def with_metadata(network: bytes, name: str, text: str) -> bytes:
    """Return a network with more metadata.

    Args:
        network: the bytes of a LiteRT file.
        name: of the metadata.
        text: its content.

    Returns:
        The bytes of a LiteRT file.

    Examples:
        >>> from posters.classifier.manifest import LIGHT_NETWORK
        >>> from posters.models import CLASSIFIER
        >>> network = (CLASSIFIER / LIGHT_NETWORK).read_bytes()
        >>> b"seen in Cannes" in with_metadata(network, "note", "seen in Cannes")
        True
    """
    model = _read(network)
    entry = schema.MetadataT()
    entry.name, entry.buffer = name, len(model.buffers)
    model.buffers.append(_buffer(np.frombuffer(text.encode(), np.uint8)))
    model.metadata = [*(model.metadata or []), entry]
    return _written(model)


def with_output_last(network: bytes, name: str) -> bytes:
    """Return a network whose last output is the one of this name; converters order them by name.

    Args:
        network: the bytes of a LiteRT file with one signature.
        name: of the output, as the signature has it.

    Returns:
        The bytes of a LiteRT file.

    Examples:
        >>> from posters.classifier.manifest import LIGHT_NETWORK
        >>> from posters.models import CLASSIFIER
        >>> network = (CLASSIFIER / LIGHT_NETWORK).read_bytes()
        >>> len(with_output_last(network, "features")) > 0.99 * len(network)
        True
    """
    model = _read(network)
    place = next(each.tensorIndex for each in model.signatureDefs[0].outputs if each.name.decode() == name)
    graph = model.subgraphs[0]
    graph.outputs = sorted(graph.outputs, key=lambda tensor: bool(tensor == place))
    return _written(model)


def joined(first: bytes, second: bytes) -> bytes:
    """Join two networks into one: the output of the first is the input of the second.

    Args:
        first: of one subgraph, with one output.
        second: of one subgraph, whose one input has the same type and shape.

    Returns:
        A network with the input of the first and the outputs of the second, by the names of their signatures.

    Examples:
        >>> from posters.network import keras
        >>> from posters.network.export.litert import converted, converter_of, graph_of
        >>> x = keras.Input((1,))
        >>> twice = converted(converter_of(graph_of(keras.Model(x, 2.0 * x), lambda outputs: {"twice": outputs})))
        >>> last = converted(converter_of(graph_of(keras.Model(x, 1.0 + x), lambda outputs: {"sum": outputs})))
        >>> b"sum" in joined(twice, last)
        True
    """
    front, back = _read(first), _read(second)
    graph, more = front.subgraphs[0], back.subgraphs[0]
    # The place of each tensor of the second network in the joined one; its input is the output of the first.
    seam = more.inputs[0]
    own = [tensor for tensor in range(len(more.tensors)) if tensor != seam]
    places = {tensor: len(graph.tensors) + place for place, tensor in enumerate(own)}
    places |= {seam: graph.outputs[0], -1: -1}  # -1 stands for an optional input that is left out
    _append(front, back, places)
    graph.outputs = [places[tensor] for tensor in more.outputs]
    signature = front.signatureDefs[0]
    signature.outputs = back.signatureDefs[0].outputs
    for output in signature.outputs:
        output.tensorIndex = places[output.tensorIndex]
    return _written(front)


def _append(front: Any, back: Any, places: dict[int, int]) -> None:
    """Move tensors, operators and what they refer to from the second model to the end of the first."""
    graph, more = front.subgraphs[0], back.subgraphs[0]
    # Everything refers to everything by its number, and all numbers of the second model shift.
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
    """A buffer that stands where the schema demands it in the file."""

    def Pack(self, builder: Any) -> int:  # noqa: N802 (the generated code's own name)
        """Write it, as the generated code does, but aligned."""
        if self.data is not None:
            builder.Prep(_ALIGNMENT, len(self.data))
        offset: int = super().Pack(builder)
        return offset


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
