import "@/app/styles/tokens.css";
import "@/app/styles/base.css";
import "@/app/styles/layout.css";
import "@/app/styles/controls.css";
import "@/app/styles/pages.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "@/app/app";

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
