// Hashes files piece by piece: the component never holds more than a piece, however large the file is.
//
//     innerbox run --allow-read=examples examples/hash.js [FILE...]

import { readFileSync } from 'node:fs';
import { Hasher } from 'digest';

const PIECE = 64 * 1024;
const named = process.argv.slice(2);
const files = named.length > 0 ? named : ['examples/hash.js', 'examples/lake-sherburne.jpg'];

for (const file of files) {
  const bytes = readFileSync(file);
  for (const algorithm of ['blake3', 'sha256', 'xxh3']) {
    // `using` drops the hasher at the end of the block, and with it its memory in the component.
    using hasher = new Hasher(algorithm);
    for (let start = 0; start < bytes.length; start += PIECE) {
      hasher.update(bytes.subarray(start, start + PIECE));
    }
    console.log(`${algorithm.padEnd(6)}  ${hasher.digestHex().padEnd(64)}  ${file}`);
  }
}
