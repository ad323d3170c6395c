// The addon under the name of the component whose place it takes.
import { createRequire } from 'node:module';

export const { nop, add, echoString, echoListU8, sumBytes, echoEight, Counter } =
  createRequire(import.meta.url)('./addon.node');
