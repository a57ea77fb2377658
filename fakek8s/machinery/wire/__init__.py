"""How objects look on the wire: Go's rules for JSON, YAML and protobuf, driven by recorded type
facts.

Decoding gives objects in canonical form (exactly the fields, in exactly the order, that upstream's
encoder writes), so that encoding is a plain dump. Nothing here does I/O or knows what a kind means.
"""
