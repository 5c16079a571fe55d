"""Files embedded in the page."""

import base64
import gzip

from analysis.report.downloads import LARGE, build_download


def test_a_small_file_is_embedded_as_it_is() -> None:
    download = build_download("a.csv", "text/csv", b"x,y\n1,2\n")
    kind, _, content = download.href.partition(";base64,")
    assert (download.name, kind) == ("a.csv", "data:text/csv")
    assert base64.b64decode(content) == b"x,y\n1,2\n"


def test_a_large_file_is_compressed_to_the_same_bytes_every_time() -> None:
    content = b"1234567890" * (LARGE // 10 + 1)
    download = build_download("a.csv", "text/csv", content)
    assert download.name == "a.csv.gz"
    assert download.href.startswith("data:application/gzip;base64,")
    assert gzip.decompress(base64.b64decode(download.href.partition(",")[2])) == content
    assert download == build_download("a.csv", "text/csv", content)
