"""Arbitrary messages for Hypothesis."""

from hypothesis import strategies as st

from sidecar.wire.limits import NAME
from sidecar.wire.message import Field, FieldKind, Message

names = st.from_regex(NAME, fullmatch=True).filter(
    lambda name: name not in {"auth", "_compressed_payload"}
)

# Text with bytes that are no utf-8, in the only spelling that decoding gives.
texts = st.binary(max_size=60).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
classic_texts = (
    st.binary(min_size=1, max_size=60)
    .map(lambda raw: raw.replace(b"\0", b"0").replace(b"\x13", b"3"))
    .map(lambda raw: raw.decode("utf-8", "surrogateescape"))
)

_kinds_of_bytes = st.sampled_from([kind for kind in FieldKind if kind is not FieldKind.STRING])

fields = st.builds(Field, names, texts, st.just(FieldKind.STRING)) | st.builds(
    Field, names, st.binary(max_size=60), _kinds_of_bytes
)
classic_fields = (
    st.builds(Field, names, classic_texts, st.just(FieldKind.STRING))
    | st.builds(Field, names, st.binary(min_size=1, max_size=60), st.just(FieldKind.BINARY))
    | st.builds(
        Field,
        names,
        st.binary(min_size=1, max_size=60).map(
            lambda raw: raw.replace(b"\0", b"0").replace(b"\n", b"n")
        ),
        st.just(FieldKind.LIST),
    )
)

messages = st.builds(Message, st.lists(fields, max_size=12).map(tuple))
classic_messages = st.builds(Message, st.lists(classic_fields, max_size=12).map(tuple))
