import { useEffect, useRef, type ReactNode } from "react";
import { Link, useLocation } from "wouter";

import { LanguageSwitch } from "@/app/language-switch";
import { pathOf, routeAt, type RouteId } from "@/config/routes";
import { useLab } from "@/features/lab/api/use-lab";
import { useText } from "@/lib/i18n/use-text";

const NAVIGATION: readonly RouteId[] = ["home", "labs", "cameras", "docs", "operator"];

/** The frame around every page: skip link, navigation, language, footer. */
export function Shell({ children }: { children: ReactNode }) {
  const { t, language } = useText();
  const [path] = useLocation();
  const route = routeAt(path);
  const lab = useLab();
  const main = useRef<HTMLElement>(null);
  const shownPath = useRef(path);
  const page = t(route ? `page.${route.id}` : "app.notFound");
  const labTitle = lab.data?.title ?? "remlab";

  useEffect(() => {
    document.title = `${page} · ${labTitle}`;
  }, [page, labTitle]);

  useEffect(() => {
    if (shownPath.current === path) return;
    shownPath.current = path;
    scrollTo(0, 0);
    // So that keyboard and screen reader begin at the new page, as after a real load.
    main.current?.focus({ preventScroll: true });
  }, [path]);

  return (
    <div className="shell" lang={language}>
      <a className="skip-link" href="#main">
        {t("app.skip")}
      </a>
      <header className="top">
        <div className="top-inner">
          <Link href={pathOf("home")} className="brand">
            <img src="/favicon.svg" alt="" width="28" height="28" />
            <span>{labTitle}</span>
          </Link>
          <nav aria-label={t("app.nav")}>
            <ul>
              {NAVIGATION.map((id) => (
                <li key={id}>
                  <Link href={pathOf(id)} aria-current={isWithin(path, pathOf(id)) ? "page" : undefined}>
                    {t(`page.${id}`)}
                  </Link>
                </li>
              ))}
            </ul>
          </nav>
          <LanguageSwitch />
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
      <footer className="bottom">
        <p>
          {t("app.footer")}
          {lab.data && ` · ${t("app.version", { version: lab.data.version })}`}
        </p>
      </footer>
    </div>
  );
}

function isWithin(path: string, section: string): boolean {
  return path === section || (section !== "/" && path.startsWith(`${section}/`));
}
