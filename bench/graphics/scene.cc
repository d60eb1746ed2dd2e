// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/graphics/scene.h"

#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {
namespace {

constexpr int kTriangles = 240;
constexpr double kTurn = 6.283185307179586;

constexpr const char* kFlat = R"(attribute vec2 place;
varying vec2 at;
void main() {
  at = place;
  gl_Position = vec4(place, 0.0, 1.0);
})";

constexpr const char* kWaves = R"(precision highp float;
varying vec2 at;
uniform float time;
void main() {
  vec3 sum = vec3(0.0);
  for (int i = 1; i <= 32; ++i) {
    float wave = float(i) * 0.25;
    sum += vec3(sin(at.x * wave + time), sin(at.y * wave - time), sin((at.x + at.y) * wave)) / wave;
  }
  gl_FragColor = vec4(0.5 + 0.06 * sum, 1.0);
})";

constexpr const char* kTurned = R"(attribute vec2 place;
uniform float time;
varying vec2 at;
void main() {
  at = place;
  float c = cos(time), s = sin(time);
  gl_Position = vec4(mat2(c, s, -s, c) * place, 0.0, 1.0);
})";

// highp: a driver may round the values of mediump to 16 bits, and then the pictures of two drivers
// differ.
constexpr const char* kTint = R"(precision highp float;
varying vec2 at;
void main() { gl_FragColor = vec4(0.5 + 0.5 * at, 0.5, 0.1); })";

GLuint compile(GLenum kind, const char* source) {
  const GLuint shader = glCreateShader(kind);
  glShaderSource(shader, 1, &source, nullptr);
  glCompileShader(shader);
  GLint compiled = 0;
  glGetShaderiv(shader, GL_COMPILE_STATUS, &compiled);
  char log[512] = {};
  glGetShaderInfoLog(shader, sizeof(log), nullptr, log);
  if (!compiled) throw std::runtime_error(std::string("cannot compile a shader: ") + log);
  return shader;
}

GLuint link(const char* vertex, const char* fragment) {
  const GLuint program = glCreateProgram();
  glAttachShader(program, compile(GL_VERTEX_SHADER, vertex));
  glAttachShader(program, compile(GL_FRAGMENT_SHADER, fragment));
  glBindAttribLocation(program, 0, "place");
  glLinkProgram(program);
  GLint linked = 0;
  glGetProgramiv(program, GL_LINK_STATUS, &linked);
  if (!linked) throw std::runtime_error("cannot link a shader program");
  return program;
}

GLuint buffer_of(const std::vector<GLfloat>& vertices) {
  GLuint buffer = 0;
  glGenBuffers(1, &buffer);
  glBindBuffer(GL_ARRAY_BUFFER, buffer);
  glBufferData(GL_ARRAY_BUFFER, static_cast<GLsizeiptr>(vertices.size() * sizeof(GLfloat)),
               vertices.data(), GL_STATIC_DRAW);
  return buffer;
}

// Triangles from the hub to the rim, each overlapping half of its neighbour.
std::vector<GLfloat> wheel() {
  std::vector<GLfloat> vertices;
  for (int i = 0; i < kTriangles; ++i)
    for (const double corner : {-1.0, 0.0, 1.0}) {
      const double angle = kTurn * (i + corner) / kTriangles, radius = corner == 0 ? 0.05 : 0.9;
      vertices.push_back(static_cast<GLfloat>(radius * std::cos(angle)));
      vertices.push_back(static_cast<GLfloat>(radius * std::sin(angle)));
    }
  return vertices;
}

void make_target(int size) {
  GLuint texture = 0, framebuffer = 0;
  glGenTextures(1, &texture);
  glBindTexture(GL_TEXTURE_2D, texture);
  glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, size, size, 0, GL_RGBA, GL_UNSIGNED_BYTE, nullptr);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
  glGenFramebuffers(1, &framebuffer);
  glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
  glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture, 0);
  if (glCheckFramebufferStatus(GL_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE)
    throw std::runtime_error("cannot create a framebuffer object");
  glViewport(0, 0, size, size);
}

void draw_triangles(GLuint program, GLint uniform, float time, GLuint buffer, GLsizei corners) {
  glUseProgram(program);
  glUniform1f(uniform, time);
  glBindBuffer(GL_ARRAY_BUFFER, buffer);
  glVertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, 0, nullptr);
  glEnableVertexAttribArray(0);
  glDrawArrays(GL_TRIANGLES, 0, corners);
}

}  // namespace

Scene::Scene(int size) : size_(size) {
  make_target(size);
  background_ = link(kFlat, kWaves);
  wheel_ = link(kTurned, kTint);
  background_time_ = glGetUniformLocation(background_, "time");
  wheel_time_ = glGetUniformLocation(wheel_, "time");
  corners_ = buffer_of({-1, -1, 3, -1, -1, 3});  // one triangle that covers all
  triangles_ = buffer_of(wheel());
  glBlendFunc(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA);
}

void Scene::draw(int frame) {
  const float time = static_cast<float>(frame) * 0.05F;
  glDisable(GL_BLEND);
  draw_triangles(background_, background_time_, time, corners_, 3);
  glEnable(GL_BLEND);
  draw_triangles(wheel_, wheel_time_, time, triangles_, kTriangles * 3);
  glFinish();
}

Picture Scene::picture() const {
  const size_t count = static_cast<size_t>(size_) * static_cast<size_t>(size_);
  std::vector<unsigned char> bytes(count * 4);
  glReadPixels(0, 0, size_, size_, GL_RGBA, GL_UNSIGNED_BYTE, bytes.data());
  return picture_of(bytes);
}

}  // namespace bench
