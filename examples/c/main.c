/* Calls relu(x * w + b), compiled by dlir, on x = 0, 0.1, 0.2, ...; `make run` builds all of it. */
#include <stdio.h>
#include <stdlib.h>

#include "layer.h"

/* The elements of a tensor whose sizes are all known. */
static size_t count(const struct dlir_tensor *tensor) {
  size_t product = 1;
  for (int axis = 0; axis < tensor->rank; axis++)
    product *= (size_t)tensor->shape[axis];
  return product;
}

int main(void) {
  size_t bytes = 0;
  int status = layer_plan(NULL, NULL, &bytes, NULL);
  if (status != 0) {
    fprintf(stderr, "layer: %s\n", layer_message(status));
    return 1;
  }
  float *x = malloc(count(&layer_inputs[0]) * sizeof *x);
  float *y = malloc(count(&layer_outputs[0]) * sizeof *y);
  void *arena = malloc(bytes);
  for (size_t i = 0; i < count(&layer_inputs[0]); i++)
    x[i] = 0.1f * (float)i;

  const void *inputs[LAYER_INPUTS] = {x};
  void *outputs[LAYER_OUTPUTS] = {y};
  status = layer_run(inputs, NULL, outputs, arena, bytes);
  if (status != 0) {
    fprintf(stderr, "layer: %s\n", layer_message(status));
    return 1;
  }
  for (size_t i = 0; i < count(&layer_outputs[0]); i++)
    printf("%.6g\n", y[i]);
  free(arena);
  free(y);
  free(x);
  return 0;
}
