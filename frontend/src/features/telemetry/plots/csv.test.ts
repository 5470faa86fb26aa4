import { expect, it } from "vitest";

import { samplesAsCsv } from "@/features/telemetry/plots/csv";
import { frameFrom } from "@/lib/device/frame";

it("writes the server's time and the 16 values under the protocol's names", () => {
  const frame = frameFrom([2, -45.5, 15]);
  const [head, row] = samplesAsCsv([{ time: 0, frame }]).split("\r\n");
  expect(head).toBe("time,mode,yk,rk,uk,ek,M1,M2,vel_man,pos_man,ctrl_mode,ref_type,freq,amp,Kp,Ki,Kd");
  expect(row).toBe("1970-01-01T00:00:00.000Z,2,-45.5,15,,,,,,,,,,,,,");
});
