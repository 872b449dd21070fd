import * as z from 'zod';

// Imported before everything else: both settings are read while other modules are being loaded.

/** The content security policy allows no eval, which zod's compiled parsers would need. */
z.config({ jitless: true });

/** Under the POSIX locale Chromium reports a language that Intl refuses, and uPlot would not load. */
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en-US', configurable: true });
}
