"""SCRAM verifiers, against one that PostgreSQL 17 made."""

from remlab_database.scram import made_from

# SELECT rolpassword FROM pg_authid, after CREATE ROLE … PASSWORD 'pencil'.
_VERIFIER = (
    "SCRAM-SHA-256$4096:9Fb79ItrRaaX4404oS54cg==$"
    "Z4rgc0l9JtfB84eABHhijKiL6A08HHPNYLvGVxaO9sE=:s0rvomnOOrWC+XCxnWdWd1TijXu91JLo2edvNuw1TSI="
)


def test_verifier_is_recognised_by_its_password() -> None:
    assert made_from("pencil", _VERIFIER)


def test_verifier_of_another_password_is_not() -> None:
    assert not made_from("pen", _VERIFIER)


def test_what_is_no_verifier_matches_nothing() -> None:
    assert not made_from("-", "-")
