import { expect, it } from "vitest";

import { routeAt, routePaths } from "@/config/routes";

it("keeps every address that students have bookmarked", () => {
  const bookmarked = [
    "/",
    "/labs",
    "/labs/aeropendulo",
    "/labs/aeropendulo/sim_aeropendulo",
    "/labs/aeropendulo/rem_aeropendulo",
    "/labs/modulitos",
    "/labs/pendulo",
    "/camaras",
    "/docs",
    "/teoria",
  ];
  expect(routePaths).toEqual(expect.arrayContaining(bookmarked));
});

it("finds a page also with a slash at the end", () => {
  expect(routeAt("/labs/")?.id).toBe("labs");
  expect(routeAt("/")?.id).toBe("home");
  expect(routeAt("/nowhere")).toBeUndefined();
});
