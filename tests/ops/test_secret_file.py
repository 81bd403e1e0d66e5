"""`manage.py make_secrets` writes secrets with which a production starts, and replaces no file."""

import stat

import pytest

from rpm_portal.ops.secret_file import main
from rpm_portal.ops.start_checks import SECRETS, check_production
from tests.ops.test_start import PRODUCTION


def _values(path):
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


def test_the_secrets_are_private_different_and_accepted(tmp_path, capsys):
    first, second = tmp_path / "one.env", tmp_path / "two.env"
    main([str(first)])
    main([str(second)])

    values = _values(first)
    assert tuple(values) == SECRETS
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert not set(values.values()) & set(_values(second).values())
    check_production(PRODUCTION | values, hosts=["portal.clinic.example"], debug=False)
    out = capsys.readouterr().out
    assert not [value for value in values.values() if value in out]


def test_an_existing_file_is_not_replaced(tmp_path):
    path = tmp_path / "portal.env"
    path.write_text("PORTAL_COLUMN_KEYS=in use")

    with pytest.raises(SystemExit, match="exists already and is not replaced"):
        main([str(path)])
    assert path.read_text() == "PORTAL_COLUMN_KEYS=in use"


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["--help"]])
def test_other_arguments_are_refused_with_the_usage(arguments):
    with pytest.raises(SystemExit, match=r"usage: manage\.py make_secrets FILE"):
        main(arguments)


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(SystemExit, match=r"cannot be written: No such file or directory\."):
        main([str(tmp_path / "none" / "portal.env")])
