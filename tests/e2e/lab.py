"""An empty page that can load the components' scripts, for tests of one of them alone."""

from dataclasses import dataclass
from typing import Any

import torch
from playwright.sync_api import Page, Route

from tests.e2e.stage import ROOT

SITE = "http://net.test"
NETWORK = f"{SITE}/network"
RUN = """async ([url, inputs, told]) => {
  const { loadNet } = await import("http://net.test/net.js");
  const net = await loadNet(url);
  const plain = (values) => values && Array.from(values);
  const result = inputs.map((input, row) => net.run(Float32Array.from(input), told[row]));
  return net.part === "decoder" ? result.map(plain)
    : result.map(({ mean, logvar }) => ({ mean: plain(mean), logvar: plain(logvar) }));
}"""
Told = dict[str, Any]


@dataclass
class Lab:
    """An empty page; `network` is what it gets from NETWORK."""

    page: Page
    network: bytes = b""

    def answer(self, route: Route) -> None:
        """Serve the scripts at an address of the page's own, so that nothing is fetched."""
        path = ROOT / "ui" / "components" / route.request.url.rsplit("/", 1)[1]
        if route.request.url == NETWORK:
            route.fulfill(body=self.network)
        elif path.suffix == ".js":
            route.fulfill(content_type="text/javascript", body=path.read_text())
        else:
            route.fulfill(content_type="text/html", body="<p>lab")

    def run(self, content: bytes, inputs: torch.Tensor, told: list[Told]) -> Any:
        """What the page makes of each row of `inputs`, told that row of `told`."""
        self.network = content
        return self.page.evaluate(RUN, [NETWORK, inputs.flatten(1).tolist(), told])
