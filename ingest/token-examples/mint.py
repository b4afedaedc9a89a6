"""Mints a beacon token for a signed-in person, with the standard library alone."""

import base64
import hashlib
import hmac
import json
import os
import sys
import time


def _part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _json(value: dict) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("utf-8")


def _claims(person: dict) -> dict:
    """The person as claims: an id that is a number becomes text; what is None, such as an unknown department, is left out."""
    claims = {name: value for name, value in person.items() if value is not None}
    return {**claims, "sub": str(claims["sub"])} if type(claims.get("sub")) is int else claims


def mint_token(site: str, kid: str, key: str, person: dict, life_s: int = 3600) -> str:
    """kid and key as in keys/collector.json (HS256); person: sub, acct and, for a partner account, ptn."""
    now = int(time.time())
    header = {"alg": "HS256", "typ": "beacon+jwt", "kid": kid}
    claims = {**_claims(person), "iss": site, "aud": "roebuck", "iat": now, "exp": now + life_s}
    signed = _part(_json(header)) + "." + _part(_json(claims))
    secret = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
    return signed + "." + _part(hmac.new(secret, signed.encode("ascii"), hashlib.sha256).digest())


if __name__ == "__main__":
    # The key comes from the environment, since a command line can be read by others.
    env = os.environ
    print(mint_token(env["BEACON_SITE"], env["BEACON_KID"], env["BEACON_KEY"], json.loads(sys.argv[1])))
