"""The service as others reach it: beyond loopback, with keys, logs on stdout."""

import json
from pathlib import Path

import httpx
from toy_keys import add_key, bearer
from toys import item, serving, write_rows


def test_beyond_loopback_with_keys_and_the_audit_log_on_stdout(tmp_path: Path) -> None:
    write_rows(tmp_path, {"train": ["yes"]})
    key = add_key(tmp_path / "keys.json")
    settings = {"REWARD_HOST": "0.0.0.0", "REWARD_KEY_FILE": str(tmp_path / "keys.json"), "REWARD_AUDIT_LOG": "-"}
    with serving(tmp_path, REWARD_WORKERS="1", **settings) as service:
        url = f"http://127.0.0.1:{service.port}"
        assert service.process.stdout
        assert service.process.stdout.readline() == "Try it:\n"
        assert "$CAP_RLVR_API_KEY" in service.process.stdout.readline()
        assert httpx.post(f"{url}/reward", json=item("yes")).status_code == 401
        reply = httpx.post(f"{url}/reward", json=item("yes"), headers=bearer(key)).json()
        assert reply["results"][0]["reward"] == 1.0
        line = json.loads(service.process.stdout.readline())
        assert line["request_id"] == reply["request_id"]
        assert line["tasks"] == {"toy": {"scored": 1}}
