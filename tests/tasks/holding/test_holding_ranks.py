"""The ranks of the golds stay level, whatever each row can take."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from cap_rlvr.tasks.holding.ranks import MAX_GAP, RANKS, ROWS_PER_GAP, RankBooks

feasible = st.lists(st.frozensets(st.sampled_from(RANKS)), max_size=60)


@settings(deadline=None)
@given(st.lists(feasible, min_size=1, max_size=4))
def test_ranks_are_feasible_and_level(blocks: list[list[frozenset[int]]]) -> None:
    books = RankBooks()
    taken: Counter[int] = Counter()
    for block in blocks:
        ranks = books.settle("static", block, "seed")
        assert all(rank is None or rank in mask for rank, mask in zip(ranks, block, strict=True))
        taken.update(rank for rank in ranks if rank)
        assert books.taken["static"] == taken
        counts = [taken[rank] for rank in RANKS]
        assert max(counts) - min(counts) <= MAX_GAP


def test_free_rows_all_get_a_rank() -> None:
    ranks = RankBooks().settle("text", [frozenset(RANKS)] * 50, "seed")
    assert Counter(ranks) == dict.fromkeys(RANKS, 10)


def test_rows_are_moved_to_make_room() -> None:
    block = [frozenset({1, 2, 3, 4, 5})] * 2 + [frozenset({rank}) for rank in (1, 2, 3)]
    assert None not in RankBooks().settle("text", block, "seed")


def test_surplus_of_one_rank_is_refused() -> None:
    level = [frozenset({rank}) for rank in RANKS] * ROWS_PER_GAP * MAX_GAP
    ranks = RankBooks().settle("text", level + [frozenset({1})] * 50, "seed")
    assert Counter(ranks)[1] == ROWS_PER_GAP * MAX_GAP + MAX_GAP
    assert Counter(ranks)[None] == 50 - MAX_GAP


def test_few_rows_have_no_surplus() -> None:
    assert Counter(RankBooks().settle("text", [frozenset({1})] * 50, "seed")) == {None: 50}


def test_places_are_level_apart() -> None:
    books = RankBooks()
    free = [frozenset(RANKS)] * 5
    assert Counter(books.settle("text", free, "s")) == Counter(books.settle("static", free, "s")) == Counter(RANKS)
