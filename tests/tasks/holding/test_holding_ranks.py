"""No rank is the gold's too often, whatever each row can take."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from cap_rlvr.tasks.holding.ranks import MAX_SHARE, RANKS, RankBooks

feasible = st.lists(st.frozensets(st.sampled_from(RANKS)), max_size=200)


def _deal(rows: list[frozenset[int]], books: RankBooks, place: str = "static") -> Counter[int]:
    for mask in rows:
        rank = next((rank for rank in books.open(place) if rank in mask), None)
        if rank:
            books.take(place, rank)
    return books.taken[place]


@given(feasible)
def test_no_rank_has_more_than_its_share_and_a_row(rows: list[frozenset[int]]) -> None:
    taken = _deal(rows, RankBooks())
    assert max(taken.values(), default=0) <= MAX_SHARE * taken.total() + 1


def test_free_rows_are_level() -> None:
    assert _deal([frozenset(RANKS)] * 50, RankBooks()) == dict.fromkeys(RANKS, 10)


def test_ranks_that_few_rows_can_take_hold_the_others_back_by_their_share() -> None:
    taken = _deal([frozenset({1})] * 60 + [frozenset({1, 2, 3, 4, 5})] * 60, RankBooks())
    assert taken.total() >= 60
    assert _deal([frozenset({1, 2, 3})] * 80, RankBooks()).total() < 15


def test_places_have_books_of_their_own() -> None:
    books = RankBooks()
    assert _deal([frozenset({1})] * 9, books, "text") == _deal([frozenset({1})] * 9, books) == {1: 1}
