// SPDX-License-Identifier: GPL-2.0-or-later
//
// Waves behind the wheel: each pixel costs some dozens of sines. The wheel is translucent.
#version 450

layout(push_constant) uniform Frame { float time; };
layout(location = 0) in vec2 place;
layout(location = 1) flat in int wheel;
layout(location = 0) out vec4 colour;

void main() {
  if (wheel == 1) {
    colour = vec4(0.5 + 0.5 * place, 0.5, 0.1);
    return;
  }
  vec3 sum = vec3(0.0);
  for (int i = 1; i <= 32; ++i) {
    float wave = float(i) * 0.25;
    sum += vec3(sin(place.x * wave + time), sin(place.y * wave - time),
                sin((place.x + place.y) * wave)) / wave;
  }
  colour = vec4(0.5 + 0.06 * sum, 1.0);
}
