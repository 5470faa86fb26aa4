import { lazy, Suspense, type ReactNode } from "react";
import { useLocation } from "wouter";

import { AeropenduloPage } from "@/app/pages/aeropendulo-page";
import { HomePage } from "@/app/pages/home-page";
import { LabsPage } from "@/app/pages/labs-page";
import { NotFoundPage } from "@/app/pages/not-found-page";
import { NotInstalledPage } from "@/app/pages/not-installed-page";
import { routeAt, type RouteId } from "@/config/routes";
import { useText } from "@/lib/i18n/use-text";

// What needs the socket, the plots, the player or much text comes with its page.
const DevicePage = lazy(() => import("@/app/pages/device-page").then((page) => ({ default: page.DevicePage })));
const CamerasPage = lazy(() => import("@/app/pages/cameras-page").then((page) => ({ default: page.CamerasPage })));
const HelpPage = lazy(() => import("@/app/pages/help-page").then((page) => ({ default: page.HelpPage })));
const OperatorPage = lazy(() => import("@/app/pages/operator-page").then((page) => ({ default: page.OperatorPage })));

const PAGES: Readonly<Record<RouteId, ReactNode>> = {
  home: <HomePage />,
  labs: <LabsPage />,
  aeropendulo: <AeropenduloPage />,
  simulated: <DevicePage key="simulated" kind="simulated" />,
  real: <DevicePage key="real" kind="real" />,
  modulitos: <NotInstalledPage page="modulitos" />,
  pendulo: <NotInstalledPage page="pendulo" />,
  cameras: <CamerasPage />,
  docs: <HelpPage topic="docs" />,
  theory: <HelpPage topic="theory" />,
  operator: <OperatorPage />,
};

/** The page at the present address. */
export function Pages() {
  const { t } = useText();
  const [path] = useLocation();
  const route = routeAt(path);
  if (!route) return <NotFoundPage />;
  return <Suspense fallback={<p className="page muted">{t("app.loading")}</p>}>{PAGES[route.id]}</Suspense>;
}
