"""Array literals and reserved keys: every value is read back as it was written."""

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from rpm_portal.core.db.any_of import array_literal
from rpm_portal.core.db.copy_rows import array, reserve_keys

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
pytestmark = pytest.mark.django_db


@settings(max_examples=200)
@given(st.lists(st.one_of(TEXT, st.sampled_from(['"', "\\", '","', "NULL", "", "{}", "a,b", '\\"', "'"])), max_size=6))
def test_an_array_of_texts_is_read_back_unchanged(items):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text[]", [array(items)])
        assert cursor.fetchone()[0] == items


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=20))
def test_an_array_of_keys_is_read_back_unchanged(keys):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::bigint[]", [array_literal(keys)])
        assert cursor.fetchone()[0] == keys


def test_a_key_that_is_not_a_whole_number_is_refused():
    with pytest.raises(ValueError, match="invalid literal"):
        array_literal(["1); DROP TABLE billing_claim"])


def test_reserved_keys_are_as_many_as_requested_and_never_repeated():
    first, second = reserve_keys("billing_claim", 3), reserve_keys("billing_claim", 2)
    assert len({*first, *second}) == 5
    assert reserve_keys("billing_claim", 0) == []
