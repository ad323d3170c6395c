console.log('%s is %d years and %i days, %f', 'Bob', 42.5, 42.9, '1.25x', 'extra', { a: 1 });
console.log('%j %j', { a: [1, 2] }, 'x');
console.log('%o', { f() {}, a: [1, 2, 3] });
console.log('%O', { a: { b: { c: { d: 1 } } } });
console.log('%s', { a: { b: 1 } }, [1, [2, [3]]], null, undefined);
console.log('%s %s %s %s', null, undefined, Symbol('q'), 12n, -0);
console.log('%s %s', -0, 'x');
console.log('%s', class A {}, function b() {});
console.log('%s', { toString() { return 'mine'; } });
console.log('%s', new Date(0));
console.log('%s', [1, 2, 3]);
class Named { toString() { return 'named'; } }
console.log('%s', new Named());
class Sub extends Named {}
console.log('%s', new Sub());
class Plain { constructor() { this.x = { y: 1 }; } }
console.log('%s', new Plain());
console.log('%d %d %d %d', '0x10', 5n, {}, Symbol('a'));
console.log('%i %i %i', 42.9, 5n, '12abc');
console.log('%f', '3.5abc');
console.log('100%', 1);
console.log('%%', 1);
console.log('%% %s %% %d', 'a', 1);
console.log('%c styled', 'color: red');
console.log('%x %s', 'a', 'b');
console.log('%s');
console.log('%', 1);
console.log('%s %s', 'a');
const circular = {}; circular.self = circular;
console.log('%j', circular);
console.log(1, '%s', 'a');
console.log('a\nb', { c: 'd\ne' });
