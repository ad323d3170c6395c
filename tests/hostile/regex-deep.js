// A pattern of a million nested groups.
// expects: threw SyntaxError
new RegExp('('.repeat(1e6));
