// SPDX-License-Identifier: GPL-2.0-or-later
//
// The picture of the Vulkan load: one triangle that covers all, and a wheel of 240 triangles.
#version 450

layout(push_constant) uniform Frame { float time; };
layout(location = 0) out vec2 place;
layout(location = 1) flat out int wheel;

const int kTriangles = 240;
const float kTurn = 6.2831853;

void main() {
  int corner = gl_VertexIndex % 3;
  wheel = gl_VertexIndex < 3 ? 0 : 1;
  if (wheel == 0) {
    place = vec2(corner == 1 ? 3.0 : -1.0, corner == 2 ? 3.0 : -1.0);
    gl_Position = vec4(place, 0.0, 1.0);
    return;
  }
  // From the hub to the rim, each overlapping half of its neighbour.
  float angle = kTurn * float(gl_VertexIndex / 3 - 1 + corner - 1) / float(kTriangles);
  place = (corner == 1 ? 0.05 : 0.9) * vec2(cos(angle), sin(angle));
  float c = cos(time), s = sin(time);
  gl_Position = vec4(mat2(c, s, -s, c) * place, 0.0, 1.0);
}
