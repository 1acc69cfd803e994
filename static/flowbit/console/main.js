// The console's script: a part for each thing that the browser does by itself.
import { startCharts } from "./charts.js";
import { startClock } from "./clock.js";
import { startForms } from "./forms.js";
import { startKeys } from "./keys.js";
import { startLive } from "./live.js";
import { startOverlays } from "./overlays.js";
import { startPanels } from "./panels.js";
import { startPipeline } from "./pipeline.js";

startOverlays();
startPanels();
startForms();
startClock();
startCharts();
startKeys();
if (document.getElementById("panel-board")) startPipeline();
if (document.getElementById("live-status")) startLive();
