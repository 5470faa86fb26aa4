/**
 * Every page of the lab: the one list that the router, the navigation and the build read.
 * The build writes the paths to dist/routes.json; the backend serves index.html for exactly these.
 */
export const routes = [
  { id: "home", path: "/" },
  { id: "labs", path: "/labs" },
  { id: "aeropendulo", path: "/labs/aeropendulo" },
  { id: "simulated", path: "/labs/aeropendulo/sim_aeropendulo" },
  { id: "real", path: "/labs/aeropendulo/rem_aeropendulo" },
  { id: "modulitos", path: "/labs/modulitos" },
  { id: "pendulo", path: "/labs/pendulo" },
  { id: "cameras", path: "/camaras" },
  { id: "docs", path: "/docs" },
  { id: "theory", path: "/teoria" },
  { id: "operator", path: "/operator" },
] as const;

export type Route = (typeof routes)[number];
export type RouteId = Route["id"];
export type RoutePath = Route["path"];

export const routePaths: readonly RoutePath[] = routes.map((route) => route.path);

const pathsById = Object.fromEntries(routes.map((route) => [route.id, route.path])) as Record<RouteId, RoutePath>;

/** The path of a page, for links: `pathOf("cameras")` is `/camaras`. */
export function pathOf(id: RouteId): RoutePath {
  return pathsById[id];
}

/** The page at a path, with or without a slash at the end; undefined where there is none. */
export function routeAt(path: string): Route | undefined {
  const trimmed = path.length > 1 ? path.replace(/\/+$/, "") : path;
  return routes.find((route) => route.path === trimmed);
}
