// A photo from the camera, where the browser lets a page have one: over https, or on this computer.

import { button, make } from "./dom.js";

const WANTED = { video: { facingMode: "environment" }, audio: false };
const INSECURE =
  "No camera here: browsers give one only to pages that come over https or from this computer. " +
  "On a phone, Choose files offers its camera all the same.";
const MISSING = "No camera here: this browser has none to give.";
const WAITING = "Waiting for the camera: the browser may ask whether this page may use it.";
const PROBLEMS = {
  NotAllowedError: "The browser did not allow the camera. Allow it for this page, and press again.",
  NotFoundError: "No camera was found. Connect one, or choose a file.",
  NotReadableError: "Something else uses the camera. Close that, and press again.",
};

/**
 * @param {(source: object) => void} take called with a photo, see `lab_own_card.js`.
 * @returns {{opener: HTMLElement, element: HTMLElement, absent: string, close: () => void}} absent:
 *   why there is no camera; "" where there may be one.
 */
export function cameraSource(take) {
  const absent = whyAbsent();
  const view = { stream: null, asking: null, num: 0 };
  const video = make("video", { playsinline: true, muted: true });
  video.muted = true;
  const said = make("p", { class: "vl-own-said", role: "status" });
  const shutter = button("Take the photo", async () => {
    view.num += 1;
    take({ name: `Photo ${view.num}`, content: await photoOf(video) });
  });
  const stop = () => {
    release(view.stream);
    Object.assign(view, { stream: null, asking: null });
    said.textContent = "";
    video.srcObject = null;
    stage.hidden = true;
  };
  const stage = make("div", { class: "vl-own-camera", hidden: true }, [
    video,
    make("div", { class: "vl-own-beside" }, [shutter, button("Close the camera", stop)]),
  ]);
  // A browser may ask a person, who takes time: to press again, or to leave.
  const start = async () => {
    if (view.asking || view.stream) return;
    const asking = {};
    const isOver = () => view.asking !== asking;
    view.asking = asking;
    said.textContent = WAITING;
    try {
      const stream = await navigator.mediaDevices.getUserMedia(WANTED);
      if (isOver()) return release(stream);
      view.stream = stream;
      video.srcObject = stream;
      await video.play();
      if (isOver()) return;
      Object.assign(view, { asking: null });
      said.textContent = "";
      stage.hidden = false;
    } catch (error) {
      if (isOver()) return;
      stop();
      said.textContent = PROBLEMS[error.name] ?? `The camera does not start (${error.name}).`;
    }
  };
  const opener = button("Camera", start, { disabled: absent !== "", title: absent || null });
  return { opener, element: make("div", { class: "vl-own-photo" }, [said, stage]), absent, close: stop };
}

function release(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

function whyAbsent() {
  if (!window.isSecureContext) return INSECURE;
  return navigator.mediaDevices?.getUserMedia ? "" : MISSING;
}

function photoOf(video) {
  const { videoWidth: width, videoHeight: height } = video;
  const canvas = make("canvas", { width, height });
  canvas.getContext("2d").drawImage(video, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
}
