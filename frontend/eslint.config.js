import { readdirSync } from "node:fs";
import { basename } from "node:path";

import js from "@eslint/js";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import globals from "globals";
import tseslint from "typescript-eslint";

const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d|\.config)?\.(ts|tsx|js|mjs)$/;

/** House rule: file names are kebab-case and no file is a barrel. */
const fileNames = {
  rules: {
    "kebab-case": {
      create: (context) => ({
        Program(node) {
          const name = basename(context.filename);
          if (!KEBAB_CASE.test(name)) context.report({ node, message: `${name} is not kebab-case` });
          if (/^index\./.test(name)) context.report({ node, message: "no barrel files: import the module itself" });
        },
      }),
    },
  },
};

const SHARED = ["components", "config", "lib", "testing"];
const features = readdirSync(new URL("./src/features", import.meta.url));
const upwards = { group: ["../*"], message: "Import from another folder by its @/ path." };

/** Forbids imports against the flow shared → features → app, and from one feature to another. */
function zone(files, group, message) {
  return {
    files,
    rules: { "no-restricted-imports": ["error", { patterns: [upwards, { group, message }] }] },
  };
}

export default tseslint.config(
  { ignores: ["dist", "node_modules", "src/lib/api/schema.ts"] },
  js.configs.recommended,
  {
    files: ["src/**/*.{ts,tsx}", "vite.config.ts"],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { "file-names": fileNames, "react-hooks": reactHooks },
    rules: {
      ...reactHooks.configs.recommended.rules,
      "file-names/kebab-case": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "max-lines": ["error", { max: 250, skipBlankLines: true, skipComments: true }],
      eqeqeq: "error",
      "no-console": "error",
    },
  },
  {
    files: ["src/**/*.tsx"],
    extends: [jsxA11y.flatConfigs.strict],
    rules: { "jsx-a11y/label-has-associated-control": ["error", { depth: 4 }] },
  },
  { files: ["scripts/**", "eslint.config.js"], languageOptions: { globals: globals.node } },
  {
    files: ["src/app/**/*.{ts,tsx}"],
    rules: { "no-restricted-imports": ["error", { patterns: [upwards] }] },
  },
  ...SHARED.map((folder) =>
    zone([`src/${folder}/**/*.{ts,tsx}`], ["@/app/*", "@/features/*"], `src/${folder} is shared: it knows no feature and no page.`),
  ),
  ...features.map((feature) =>
    zone(
      [`src/features/${feature}/**/*.{ts,tsx}`],
      ["@/app/*", "@/features/*", `!@/features/${feature}`],
      "A feature imports shared code and itself; pages in src/app compose features.",
    ),
  ),
);
