"""The bucket of archives is the account's own, whoever was quicker with its name."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from localdev import environment
from tests.deploy.conftest import Account
from tools.deploy.shelf import Shelf

OWNER = {"ExpectedBucketOwner": "111122223333"}


def test_a_bucket_of_somebody_else_is_refused() -> None:
    client = environment.client("s3", "http://127.0.0.1:1")
    stub = Stubber(client)
    stub.add_client_error(
        "head_bucket", "403", http_status_code=403, expected_params={"Bucket": "b", **OWNER}
    )
    stub.activate()
    with pytest.raises(ClientError, match="403"):
        Shelf(client, "b", "111122223333").ensure()
    stub.assert_no_pending_responses()


def test_nothing_is_put_where_the_owner_changed() -> None:
    client = environment.client("s3", "http://127.0.0.1:1")
    stub = Stubber(client)
    stub.add_response("put_object", {}, {"Bucket": "b", "Key": "k", "Body": b"code", **OWNER})
    stub.activate()
    assert Shelf(client, "b", "111122223333").put("k", b"code") == "http://127.0.0.1:1/b/k"


def test_it_is_made_once(account: Account) -> None:
    shelf = Shelf(account.client("s3"), "ctgo-archives", "000000000000")
    for _ in range(2):
        shelf.ensure()
    shelf.put("k", b"code")
    blocked = account.client("s3").get_public_access_block(Bucket="ctgo-archives")
    assert all(blocked["PublicAccessBlockConfiguration"].values())
