// A string that is doubled for ever.
// expects: threw RangeError
let text = 'ab'; for (;;) text += text;
