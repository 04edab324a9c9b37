// Builds one entry of the minified programs, and has it uploaded as the plugin does it.

import posthog from "@posthog/rollup-plugin";
import terser from "@rollup/plugin-terser";

const { BUILD_ENTRY, BUILD_FORMAT, BUILD_UPLOADS } = process.env;

const uploads = posthog({
  personalApiKey: process.env.SHOP_KEY,
  projectId: process.env.SHOP_PROJECT,
  host: process.env.SHOP_HOST,
  cliBinaryPath: process.env.SHOP_UPLOADER,
  sourcemaps: { releaseName: "shop", releaseVersion: process.env.SHOP_VERSION, deleteAfterUpload: false },
});

export default {
  input: BUILD_ENTRY,
  external: ["posthog-node"],
  output: { dir: "dist", format: BUILD_FORMAT, sourcemap: true },
  plugins: [terser({ module: true, compress: { inline: false, reduce_funcs: false }, mangle: { toplevel: true } }), BUILD_UPLOADS === "yes" ? uploads : null],
};
