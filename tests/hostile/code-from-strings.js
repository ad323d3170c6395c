// A program of a million parentheses, in a program.
// expects: threw EvalError
eval('('.repeat(1e6));
