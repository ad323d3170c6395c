// A date in words of another language, which takes tables that V8 aborts the process for where they are missing.
// expects: returned
new Date(0).toLocaleDateString('de', { dateStyle: 'full', timeZone: 'UTC' });
