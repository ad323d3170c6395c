// A list of 2 ** 53 - 1 locales.
// expects: threw RangeError
new Intl.Collator({ length: 2 ** 53 - 1 });
