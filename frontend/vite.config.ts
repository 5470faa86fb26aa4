import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import type { Plugin, ProxyOptions } from "vite";
import { defineConfig } from "vitest/config";

import { routePaths } from "./src/config/routes.ts";

/** The deployed lab that `npm run dev` and `npm run preview` talk to. */
const target = process.env.REMLAB_TARGET ?? "http://localhost:8080";

// The front door answers 421 to any other Host, and compares Origin with it for WebSockets.
const lab: ProxyOptions = { target, changeOrigin: true, secure: false, headers: { origin: target } };
const proxy: Record<string, ProxyOptions> = {
  "/api": lab,
  "/socket.io": { ...lab, ws: true },
  "/media": { ...lab, ws: true },
};

/** Writes dist/routes.json, from which the backend knows for which paths to serve index.html. */
function routesFile(): Plugin {
  return {
    name: "remlab-routes-file",
    apply: "build",
    generateBundle() {
      const source = `${JSON.stringify(routePaths, null, 2)}\n`;
      this.emitFile({ type: "asset", fileName: "routes.json", source });
    },
  };
}

export default defineConfig({
  plugins: [react(), routesFile()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: { proxy },
  preview: { proxy },
  build: {
    target: "es2022",
    // Inlined data: URLs would need an exception in the content security policy.
    assetsInlineLimit: 0,
    // The polyfill would be an inline script for browsers that the target leaves out anyway.
    modulePreload: { polyfill: false },
    manifest: "build-manifest.json",
  },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
