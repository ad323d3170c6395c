'use strict';

// What a script gets where a grant is missing.

const { defineHidden } = primordials;

class DeniedError extends Error {}
defineHidden(DeniedError.prototype, { name: 'DeniedError' });
defineHidden(globalThis, { DeniedError });

return { DeniedError };
