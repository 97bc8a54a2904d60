"""The garbage collector: off for a while, on again whatever happens, and left off where somebody else wants it off."""

import gc

import pytest

from posters._base.garbage import without_collections


def test_it_is_on_again_after_an_error():
    with pytest.raises(ValueError, match="spoilt"), without_collections():
        int("spoilt")
    assert gc.isenabled()


def test_a_decorated_function_runs_without_collections_each_time():
    @without_collections()
    def enabled(inner):
        return [gc.isenabled(), *(inner() if inner else [])]

    assert enabled(lambda: enabled(None)) == [False, False]
    assert gc.isenabled()
    assert enabled(None) == [False]
    assert gc.isenabled()


def test_it_stays_off_where_it_was_off():
    gc.disable()
    try:
        with without_collections():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
