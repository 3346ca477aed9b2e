// Made by scripts/generate-types.mjs from schemas/compose-file.schema.json. Do not edit.

/** What may stand under a node: `keys` the named attributes, `any` the value of a name the user chose, `items` of a list. */
export interface Shape {
  readonly keys?: { readonly [attribute: string]: Shape | string | null };
  readonly any?: Shape | string | null;
  readonly items?: Shape | string | null;
}

/** Shapes by the name of their definition in the schema; a string inside one is such a name, null a plain value. */
export const shapes: { readonly [definition: string]: Shape } = {
 "ComposeFile": {
  "keys": {
   "version": null,
   "name": null,
   "include": {
    "items": "Include"
   },
   "services": {
    "any": "Service"
   },
   "networks": {
    "any": "Network"
   },
   "volumes": {
    "any": "Volume"
   },
   "secrets": {
    "any": "Secret"
   },
   "configs": {
    "any": "Config"
   },
   "models": {
    "any": "Model"
   }
  }
 },
 "UniqueStrings": {
  "items": null
 },
 "Words": {
  "items": null
 },
 "Paths": {
  "items": null
 },
 "CommandLine": {
  "items": null
 },
 "KeyValues": {
  "any": null,
  "items": null
 },
 "Hosts": {
  "any": {
   "items": null
  },
  "items": null
 },
 "EnvFiles": {
  "items": {
   "keys": {
    "path": null,
    "required": "Toggle",
    "format": null
   }
  }
 },
 "Include": {
  "keys": {
   "path": "Words",
   "project_directory": null,
   "env_file": "Words"
  }
 },
 "Service": {
  "keys": {
   "image": null,
   "build": "Build",
   "pull_policy": null,
   "pull_refresh_after": null,
   "platform": null,
   "command": "CommandLine",
   "entrypoint": "CommandLine",
   "container_name": null,
   "hostname": null,
   "domainname": null,
   "working_dir": null,
   "user": null,
   "group_add": {
    "items": null
   },
   "environment": "KeyValues",
   "env_file": "EnvFiles",
   "labels": "KeyValues",
   "label_file": "Paths",
   "annotations": "KeyValues",
   "profiles": "UniqueStrings",
   "depends_on": "Dependencies",
   "links": {
    "items": null
   },
   "external_links": {
    "items": null
   },
   "extends": {
    "keys": {
     "service": null,
     "file": null
    }
   },
   "provider": {
    "keys": {
     "type": null,
     "options": {
      "any": {
       "items": null
      }
     }
    }
   },
   "networks": "Attachments",
   "network_mode": null,
   "ports": {
    "items": "Port"
   },
   "expose": {
    "items": null
   },
   "dns": "Words",
   "dns_search": "Words",
   "dns_opt": {
    "items": null
   },
   "extra_hosts": "Hosts",
   "mac_address": null,
   "volumes": {
    "items": "Mount"
   },
   "volumes_from": {
    "items": null
   },
   "tmpfs": "Words",
   "configs": "Grants",
   "secrets": "Grants",
   "devices": {
    "items": {
     "keys": {
      "source": null,
      "target": null,
      "permissions": null
     }
    }
   },
   "device_cgroup_rules": "UniqueStrings",
   "gpus": {
    "items": {
     "keys": {
      "capabilities": "UniqueStrings",
      "count": null,
      "device_ids": "UniqueStrings",
      "driver": null,
      "options": "KeyValues"
     }
    }
   },
   "healthcheck": "Healthcheck",
   "restart": null,
   "stop_signal": null,
   "stop_grace_period": "Duration",
   "init": "Toggle",
   "tty": "Toggle",
   "stdin_open": "Toggle",
   "attach": "Toggle",
   "logging": {
    "keys": {
     "driver": null,
     "options": {
      "any": null
     }
    }
   },
   "privileged": "Toggle",
   "read_only": "Toggle",
   "cap_add": {
    "items": null
   },
   "cap_drop": {
    "items": null
   },
   "security_opt": {
    "items": null
   },
   "userns_mode": null,
   "use_api_socket": null,
   "ipc": null,
   "pid": null,
   "uts": null,
   "cgroup": null,
   "cgroup_parent": null,
   "isolation": null,
   "runtime": null,
   "credential_spec": {
    "keys": {
     "config": null,
     "file": null,
     "registry": null
    }
   },
   "sysctls": "KeyValues",
   "ulimits": "Ulimits",
   "shm_size": "Amount",
   "storage_opt": null,
   "cpus": "Amount",
   "cpuset": null,
   "cpu_shares": "Amount",
   "cpu_period": "Amount",
   "cpu_quota": "Amount",
   "cpu_rt_period": "Amount",
   "cpu_rt_runtime": "Amount",
   "cpu_count": null,
   "cpu_percent": null,
   "mem_limit": "Amount",
   "mem_reservation": "Count",
   "mem_swappiness": "Count",
   "memswap_limit": "Amount",
   "oom_kill_disable": "Toggle",
   "oom_score_adj": null,
   "pids_limit": "Amount",
   "blkio_config": {
    "keys": {
     "weight": "Count",
     "weight_device": {
      "items": "DeviceWeight"
     },
     "device_read_bps": {
      "items": "DeviceRate"
     },
     "device_read_iops": {
      "items": "DeviceRate"
     },
     "device_write_bps": {
      "items": "DeviceRate"
     },
     "device_write_iops": {
      "items": "DeviceRate"
     }
    }
   },
   "scale": "Count",
   "models": {
    "any": {
     "keys": {
      "endpoint_var": null,
      "model_var": null
     }
    },
    "items": null
   },
   "deploy": "Deploy",
   "develop": "Develop",
   "pre_start": {
    "items": "PreStartHook"
   },
   "post_start": {
    "items": "Hook"
   },
   "pre_stop": {
    "items": "Hook"
   }
  }
 },
 "Dependencies": {
  "any": {
   "keys": {
    "condition": null,
    "restart": "Toggle",
    "required": null
   }
  },
  "items": null
 },
 "Attachments": {
  "any": {
   "keys": {
    "aliases": "UniqueStrings",
    "interface_name": null,
    "ipv4_address": null,
    "ipv6_address": null,
    "link_local_ips": "UniqueStrings",
    "mac_address": null,
    "driver_opts": {
     "any": null
    },
    "priority": null,
    "gw_priority": null
   }
  },
  "items": null
 },
 "Port": {
  "keys": {
   "name": null,
   "mode": null,
   "host_ip": null,
   "target": "Count",
   "published": "Count",
   "protocol": null,
   "app_protocol": null
  }
 },
 "Mount": {
  "keys": {
   "type": null,
   "source": null,
   "target": null,
   "read_only": "Toggle",
   "consistency": null,
   "bind": {
    "keys": {
     "propagation": null,
     "create_host_path": "Toggle",
     "recursive": null,
     "selinux": null
    }
   },
   "volume": {
    "keys": {
     "labels": "KeyValues",
     "nocopy": "Toggle",
     "subpath": null
    }
   },
   "tmpfs": {
    "keys": {
     "size": null,
     "mode": "Amount"
    }
   },
   "image": {
    "keys": {
     "subpath": null
    }
   }
  }
 },
 "Grants": {
  "items": {
   "keys": {
    "source": null,
    "target": null,
    "uid": null,
    "gid": null,
    "mode": "Amount"
   }
  }
 },
 "Ulimits": {
  "any": {
   "keys": {
    "soft": "Count",
    "hard": "Count"
   }
  }
 },
 "DeviceRate": {
  "keys": {
   "path": null,
   "rate": "Count"
  }
 },
 "DeviceWeight": {
  "keys": {
   "path": null,
   "weight": "Count"
  }
 },
 "DeviceRequests": {
  "items": {
   "keys": {
    "capabilities": "UniqueStrings",
    "count": "Count",
    "device_ids": "UniqueStrings",
    "driver": null,
    "options": "KeyValues"
   }
  }
 },
 "Healthcheck": {
  "keys": {
   "disable": "Toggle",
   "test": {
    "items": null
   },
   "interval": "Duration",
   "timeout": "Duration",
   "retries": "Amount",
   "start_period": "Duration",
   "start_interval": "Duration"
  }
 },
 "Hook": {
  "keys": {
   "command": "CommandLine",
   "user": null,
   "privileged": "Toggle",
   "working_dir": null,
   "environment": "KeyValues"
  }
 },
 "PreStartHook": {
  "keys": {
   "command": "CommandLine",
   "image": null,
   "user": null,
   "privileged": "Toggle",
   "working_dir": null,
   "environment": "KeyValues",
   "per_replica": "Toggle"
  }
 },
 "Build": {
  "keys": {
   "context": null,
   "dockerfile": null,
   "dockerfile_inline": null,
   "target": null,
   "args": "KeyValues",
   "additional_contexts": "KeyValues",
   "labels": "KeyValues",
   "tags": {
    "items": null
   },
   "platforms": {
    "items": null
   },
   "cache_from": {
    "items": null
   },
   "cache_to": {
    "items": null
   },
   "no_cache": "Toggle",
   "no_cache_filter": "Words",
   "pull": "Toggle",
   "network": null,
   "extra_hosts": "Hosts",
   "secrets": "Grants",
   "ssh": "KeyValues",
   "shm_size": "Count",
   "ulimits": "Ulimits",
   "privileged": "Toggle",
   "entitlements": {
    "items": null
   },
   "isolation": null,
   "provenance": "Toggle",
   "sbom": "Toggle"
  }
 },
 "Develop": {
  "keys": {
   "watch": {
    "items": {
     "keys": {
      "path": null,
      "action": null,
      "target": null,
      "include": "Words",
      "ignore": "Words",
      "exec": "Hook",
      "initial_sync": null
     }
    }
   }
  }
 },
 "Deploy": {
  "keys": {
   "mode": null,
   "replicas": "Count",
   "endpoint_mode": null,
   "labels": "KeyValues",
   "update_config": "Update",
   "rollback_config": "Update",
   "restart_policy": {
    "keys": {
     "condition": null,
     "delay": "Duration",
     "max_attempts": "Count",
     "window": "Duration"
    }
   },
   "placement": {
    "keys": {
     "constraints": {
      "items": null
     },
     "preferences": {
      "items": {
       "keys": {
        "spread": null
       }
      }
     },
     "max_replicas_per_node": "Count"
    }
   },
   "resources": {
    "keys": {
     "limits": {
      "keys": {
       "cpus": "Amount",
       "memory": null,
       "pids": "Count"
      }
     },
     "reservations": {
      "keys": {
       "cpus": "Amount",
       "memory": null,
       "devices": "DeviceRequests",
       "generic_resources": {
        "items": {
         "keys": {
          "discrete_resource_spec": {
           "keys": {
            "kind": null,
            "value": "Amount"
           }
          }
         }
        }
       }
      }
     }
    }
   }
  }
 },
 "Update": {
  "keys": {
   "parallelism": "Count",
   "delay": "Duration",
   "failure_action": null,
   "monitor": "Duration",
   "max_failure_ratio": "Amount",
   "order": null
  }
 },
 "Network": {
  "keys": {
   "name": null,
   "driver": null,
   "driver_opts": {
    "any": null
   },
   "external": {
    "keys": {
     "name": null
    }
   },
   "internal": "Toggle",
   "attachable": "Toggle",
   "enable_ipv4": "Toggle",
   "enable_ipv6": "Toggle",
   "labels": "KeyValues",
   "ipam": {
    "keys": {
     "driver": null,
     "config": {
      "items": {
       "keys": {
        "subnet": null,
        "ip_range": null,
        "gateway": null,
        "aux_addresses": {
         "any": null
        }
       }
      }
     },
     "options": {
      "any": null
     }
    }
   }
  }
 },
 "Volume": {
  "keys": {
   "name": null,
   "driver": null,
   "driver_opts": {
    "any": null
   },
   "external": {
    "keys": {
     "name": null
    }
   },
   "labels": "KeyValues"
  }
 },
 "Secret": {
  "keys": {
   "name": null,
   "file": null,
   "environment": null,
   "external": {
    "keys": {
     "name": null
    }
   },
   "labels": "KeyValues",
   "driver": null,
   "driver_opts": {
    "any": null
   },
   "template_driver": null
  }
 },
 "Config": {
  "keys": {
   "name": null,
   "file": null,
   "environment": null,
   "content": null,
   "external": {
    "keys": {
     "name": null
    }
   },
   "labels": "KeyValues",
   "template_driver": null
  }
 },
 "Model": {
  "keys": {
   "name": null,
   "model": null,
   "context_size": null,
   "runtime_flags": {
    "items": null
   }
  }
 }
};
