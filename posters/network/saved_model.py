"""A SavedModel of `posters export` as a network, for a worker process, in which alone TensorFlow is loaded.

A SavedModel is a program: operations of TensorFlow read and write files, and loading one runs some of them. So it is
not loaded. Of its graph, only what leads from the pixels to the probabilities is taken, functions included, and only
if that calculates and does nothing else.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from posters._base.regular_files import open_regular
from posters.classifier.runtime import NOVELTY, PROBABILITIES, Network
from posters.errors import ClassifierError
from posters.network.tensorflow import tf

SIGNATURE = "serving_default"  # TensorFlow Serving's own name for what answers unless asked otherwise
WITH_NOVELTY = "with_novelty"
# All that Keras's layers become with weights that are constants, and calls of functions. None of them has a state, or
# touches anything but tensors.
_CALCULATIONS = (
    "Placeholder Const Identity IdentityN NoOp PartitionedCall StatefulPartitionedCall Cast Reshape Squeeze ExpandDims "
    "Pad PadV2 MirrorPad Pack Unpack Concat ConcatV2 Split SplitV Slice StridedSlice Gather GatherV2 Tile Transpose "
    "Shape Size Rank Fill Range Conv2D DepthwiseConv2dNative MaxPool AvgPool BiasAdd BiasAddV1 MatMul BatchMatMul "
    "BatchMatMulV2 Einsum FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 LRN Add AddV2 AddN Sub Mul Div RealDiv "
    "DivNoNan Maximum Minimum Pow Square SquaredDifference Sqrt Rsqrt Exp Expm1 Log Log1p Neg Abs Sign Floor Round "
    "Erf Erfc Sigmoid Tanh Relu Relu6 Elu Selu LeakyRelu Softplus Softsign Softmax LogSoftmax Sum Mean Max Min Prod "
    "ArgMax ClipByValue Greater GreaterEqual Less LessEqual Equal NotEqual LogicalAnd LogicalOr LogicalNot Select "
    "SelectV2 Where ZerosLike OnesLike BroadcastTo StopGradient PreventGradient ResizeBilinear ResizeNearestNeighbor "
    "SpaceToBatchND BatchToSpaceND"
)
_CALCULATES = frozenset(_CALCULATIONS.split())


class SavedModelNetwork(Network):
    """The signature of a SavedModel that gives most, run by TensorFlow.

    Args:
        path: of saved_model.pb.
        shape: (height, width, 3) of one poster.
        n_genres: G, the number of probabilities.
        threads: the number of threads that compute one poster.

    Raises:
        ClassifierError: the file is no SavedModel of `posters export`, or its graph does more than calculate.
    """

    def __init__(self, path: Path, shape: tuple[int, int, int], n_genres: int, threads: int = 1) -> None:
        super().__init__(path, n_genres)
        settings = tf.compat.v1.ConfigProto(intra_op_parallelism_threads=threads, inter_op_parallelism_threads=1)
        try:
            needed, feed, self._fetches = _graph_of(path)
            # A session, whose functions are its own: TensorFlow's others are shared by all of a process.
            with tf.Graph().as_default() as graph:
                tf.graph_util.import_graph_def(needed, name="")
            self._session = tf.compat.v1.Session(graph=graph, config=settings)
            self._pixels = graph.get_tensor_by_name(feed)
        # TensorFlow has classes of its own for whatever is wrong with a graph.
        except Exception as error:
            raise error if isinstance(error, ClassifierError) else self._failure(error) from None
        fits = self._pixels.shape.is_compatible_with((1, *shape))
        # How many probabilities it gives shows when it gives them.
        self._check_shapes(self._pixels.dtype.name if fits else "", {PROBABILITIES: (1, n_genres)})
        self.output_names = frozenset(self._fetches)

    def _run(self, poster: np.ndarray) -> None:
        try:
            self._given: dict[str, np.ndarray] = self._session.run(self._fetches, {self._pixels: poster[None]})
        except Exception as error:  # As above.
            raise self._failure(error) from error
        if self._given.get(NOVELTY, np.zeros((1, 1))).shape != (1, 1):
            raise self._no_figures(NOVELTY)

    def _value(self, name: str) -> np.ndarray:
        value: np.ndarray = self._given[name][0]
        return value


def _graph_of(path: Path) -> tuple[Any, str, dict[str, str]]:
    """Return the graph from pixels to probabilities and novelty, the name of the pixels, and those of the outputs."""
    from tensorflow.core.protobuf import saved_model_pb2

    with open_regular(path) as file:
        saved = saved_model_pb2.SavedModel.FromString(file.read())
    graph = saved.meta_graphs[0]
    signature = graph.signature_def[WITH_NOVELTY if WITH_NOVELTY in graph.signature_def else SIGNATURE]
    (feed,) = (each.name for each in signature.inputs.values())
    # Probabilities whether it has them or not: without them, this fails.
    names = {PROBABILITIES, NOVELTY} & {PROBABILITIES, *signature.outputs}
    fetches = {name: signature.outputs[name].name for name in names}
    nodes = [fetch.partition(":")[0] for fetch in fetches.values()]
    needed = tf.compat.v1.graph_util.extract_sub_graph(graph.graph_def, nodes)
    _check_calculates(path, needed)
    return needed, feed, fetches


def _check_calculates(path: Path, needed: Any) -> None:
    """Refuse a graph that does anything else, and take the functions away that nobody calls."""
    functions = {function.signature.name: function for function in needed.library.function}
    reached: set[str] = set()
    # No operation's name begins so: a function of an operation's name may be one thing here and another to TensorFlow.
    own = {name for name in functions if name.startswith("__")}
    if strange := {node.op for node in _reached(needed.node, functions, reached)} - _CALCULATES - own:
        names = ", ".join(sorted(strange))
        raise ClassifierError(f"{path} does more than calculate ({names[:200]}): use a SavedModel of `posters export`")
    del needed.library.function[:], needed.library.gradient[:]
    needed.library.function.extend(functions[name] for name in sorted(reached))


def _reached(nodes: Any, functions: dict[str, Any], reached: set[str]) -> Iterator[Any]:
    """Yield each node that runs, those of functions included, and add the functions' names to `reached`."""
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        yield node
        called = {node.op, *(each.func.name for each in node.attr.values())}
        called |= {each.name for value in node.attr.values() for each in value.list.func}
        for name in (called & functions.keys()) - reached:
            reached.add(name)
            waiting.extend(functions[name].node_def)
