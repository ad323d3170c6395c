'use strict';

// What is found on the global object, each made when it is first asked for.

return {
  get Buffer() {
    return load('node/buffer').Buffer;
  },
  get process() {
    return load('node/process');
  },
};
