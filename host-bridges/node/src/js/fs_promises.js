'use strict';

// `node:fs/promises`.

return load('node/fs').promises;
