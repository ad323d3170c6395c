// The least that shows all three: JavaScript, a component, and what it costs to cross.
//
//     innerbox run examples/hello.js [NAME]

import { digestHex } from 'digest';

const name = process.argv[2] ?? 'world';
const greeting = `Hello, ${name}!`;
const bytes = new TextEncoder().encode(greeting);

console.log(greeting);
console.log(`BLAKE3 of these ${bytes.length} bytes, from a component: ${digestHex('blake3', bytes)}`);
