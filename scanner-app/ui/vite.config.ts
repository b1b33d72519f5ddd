import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

// The window's policy allows no inline script, style or data URL.
export default defineConfig({
  plugins: [svelte()],
  clearScreen: false,
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
