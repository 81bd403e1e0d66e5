"""`post_answers`: the files of a folder at once, each by itself, by a member who may post them."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from billing.models import AnswerFile
from tests.billing.answers.answers_world import answers_world, needs_cases, state, template

pytestmark = [pytest.mark.django_db, needs_cases]


@pytest.fixture
def world(db):
    return answers_world()


def run(world, *paths, by="biller"):
    out, err = StringIO(), StringIO()
    call_command("post_answers", world.practice.name, *map(str, paths), by=world.user(by).email, stdout=out, stderr=err)
    return out.getvalue()


@pytest.mark.slow
def test_a_folder_is_posted_in_any_order_and_once(world, tmp_path):
    for name in ("a29", "a01", "a24"):
        (tmp_path / name).write_bytes(template(world, name))

    text = run(world, tmp_path)
    assert text.splitlines() == ["a01: 835 posted", "a24: 277CA posted", "a29: 999 posted"]
    assert state(world, 1) == "paid"
    assert set(AnswerFile.objects.values_list("source", flat=True)) == {"command"}
    assert run(world, tmp_path / "a01").strip() == "a01: posted before"


@pytest.mark.slow
def test_a_file_that_is_refused_does_not_stop_the_others(world, tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    (tmp_path / "b.835").write_bytes(template(world, "a01"))
    with pytest.raises(CommandError, match="1 of the files"):
        run(world, tmp_path)
    assert state(world, 1) == "paid"


def test_only_a_member_who_may_post_answers_posts_them(world, tmp_path):
    (tmp_path / "b.835").write_bytes(template(world, "a01"))
    with pytest.raises(CommandError, match="may post"):
        run(world, tmp_path, by="auditor")
    assert not AnswerFile.objects.exists()
